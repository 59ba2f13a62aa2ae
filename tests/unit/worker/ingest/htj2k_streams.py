"""HTJ2K codestreams of two ramps of 48 × 64 px, by OpenJPH 0.9 (`ojph_compress -num_decomps 3`).

`ramp = row + column`; twelve bits hold 37 × ramp and 4095 − 37 × ramp, eight bits 2 × ramp and
255 − 2 × ramp. As decoded by `ojph_expand`, the lossy ones (`-reversible false -qstep 0.004`) are
at most 13 of 4096 values off; the others are exact. The tests' packages include no HTJ2K encoder.
"""

from base64 import b85decode

STREAMS = {
    "twelve bits": [
        b85decode(
            "|4;u>04YEK0000$0000m00000000000000$0000m0000000000009dD0sl|{2mk^A000R8QUDA90ssL3"
            "0|W#>0smY84IprMcz}3#cyMrd|6~9b00B>MWo}APNFY{aav(4+IW90R|BwI*000000WAOl|C7K0dU*eT"
            "+OPe!uRY`;zy9@&H$ME}LXfntJ>)}v{p&Zr@k1ZF;DVoiIwO+Yf4#vsF6To*T#(jJk(`mc$Au#tGyV$<"
            "BUB<Yh+th*gaWC*0KfpPfB|WMP*6}%P*CTJdU1kx08pWzprD|jp#J&{V0-p4f$X{fzyP(N09_Cy5{X12"
            "kw_#GiS+sY3VM2adT|1K0Hh=mi9{liNF)-8L?V&?|8anX2ftzv9{q?wd-fp#?6U#D0d#NxUEm0UAP9mW"
            "2!bF8f*=TjAP9mW{=fQqdU|?#dU|?#dT@eq0Z0Tv5ClOG1VIo4K@bE%5ClOG1VIo4LH_@LYyd(BzhMX-"
            "{e&QU_7H*Z*g^-tVF(`mgdltN5P|Ho0{__"
        ),
        b85decode(
            "|4;u>04YEK0000$0000m00000000000000$0000m0000000000009dD0sl|{2mk^A000R8QUDA90ssL3"
            "0|W#>0smY84IprMcz}3#cyMrd|6~9b00B>MWo}APNFY{aav(4+IW90R|BwI*000000W1Ik|C7K0dT{(_"
            "ZPw-**BHVOUh~QZ8ys?oQK%Z%7?L5p<~1AH$RQ46h#}BGqbaHGyv86Kk;7pjF;p99Nzv3j<i#mY8Vd{~"
            "R3bBoU|m#%0;#_MzyPg)0cn6yQBhG*QRj+!ae{XMQKO=wqN1Xr{`w4Hd-gGb?79HJ0JWe1T@a;GsZ=VJ"
            "N~Kb%^!fe@dU|?#aRPe)rKM7-R4SE9rBbO>DwY2Kae#yezhV#`{fIz&_8|f6vjM;XbZ`J&;7O7sNs=T<"
            "k|arzBuSDaNs=V~zxsN5dU|?#dU|?#aDs6G$s|dVBuSDaNs=T<k|arzBuSDaNs=T<{{Me$073`9VF(`m"
            "gdltN5P|R5LI=NL2p;`}Aba)@f$Xya|Je"
        ),
    ],
    "twelve bits, lossy": [
        b85decode(
            "|4;u>04YEK0000$0000m00000000000000$0000m0000000000009dD0sl|{2mk^A001KYQUDA90ssL3"
            "0|W#>0RLP77b0hqXR2qaXTnf5P&H6^NE%2QSHJ&c02TlNPjF>!N>E53R%LP^FfKVRFfRX)015yA0002~"
            "00IA#zy;|5p~pJb!7aAQ7HhBEv47z-1{&64Tij&rxr;2aqKXzQ81?A}kn1zgH{?JaK{#;g(~le1Ew{!R"
            "3;?jgH9{jeL;@&d0;#_Mzy+-U7U+m&Aqe2I5Cm{p2;x~Ke<gkptqXbp2mk;U;)1vk3vnS9;zBIM9SA_D"
            "Od$fBzP0K-0KgW^0d!y_Hi=DQlh`CSiT!!}Np?%JU6SmVQCS`U008muI3CC2cpQ)8aXgNH<^d%-WR&TW"
            "Q>IBx(-_7vjN}2pE8rHW0002~zwjwaQk11BOY8su00030e{2J;y6djG>#n-%uDX!{|Je"
        ),
        b85decode(
            "|4;u>04YEK0000$0000m00000000000000$0000m0000000000009dD0sl|{2mk^A001KYQUDA90ssL3"
            "0|W#>0RLP77b0hqXR2qaXTnf5P&H6^NE%2QSHJ&c02TlNPjF>!N>E53R%LP^FfKVRFfRX)015yA0002~"
            "00IA#zy;|5pu-y0z#)c-7HX^1p<khN#@ZHQTEs+cxrG#xB8e9=91Z#=Q0y|pCnP``Lp+H3GtisZFV7~M"
            "3;?jgH9{jeL;@&d0;#_Mzy+-U7U&s8DT<_`6h%@|isD%%e<gkptqXbpnIuV+qN1o2N>M44qEaZu9SA_D"
            "Od$fBzP0K-0KgW+0d!yk|3H7>ANU9UfqDE%c1yBdlI)jJSsnoYfAR1*9>?Q&9FOC1JdS_n0VO(Ql<AUF"
            "rb$iH7{)P-<N?4f2nDMDfB%2}zwjwaQk11BOY8vufB%2~e{2J;y6djG>#n-%uDX!{|Je"
        ),
    ],
    "eight bits": [
        b85decode(
            "|4;u>04YEK0000$0000m00000000000000$0000m0000000000009R90sl|{2mk^A000F4QUDA90ssL3"
            "0|W#>0smY84IofhSYTLKSWr+{|6~9b00B>MWo}APNFY{aav(4+IW90R|BwI*000000KNbL|C7KMX#a2D"
            "zu)Kc|3BaVe=UBWpZ|aN`}@Do6AAxq@9y6|LG%bdvDokmm%~@ajO>9_00ODL0Kf{U0a^e60Ox?Gr^0st"
            "5C8xG{`zuz_sQ(I0Kf|P0c!vN0002+`TnP;r>CbvdH@Ij00000{{L}-C%<H#{gQk3N$kG>z!sbVY=8g&"
            "0RF%9^z`)f^z`)f^z`y@0RjL30RI1fZ|~pl-|ye=-|ye=-|ye-v;qIw"
        ),
        b85decode(
            "|4;u>04YEK0000$0000m00000000000000$0000m0000000000009R90sl|{2mk^A000F4QUDA90ssL3"
            "0|W#>0smY84IofhSYTLKSWr+{|6~9b00B>MWo}APNFY{aav(4+IW90R|BwI*000000J#7G|C7KMYJ6^P"
            "9*@J}^Bl)>jth^I!{>9kJf7o%AS??$mW$&tt_aGo2$su<0I5i7kc{ksQ~(00z5u`qr~z6L5fSHrr>DYq"
            "05KvWBL4bvd-uugxB$Qk=mBVe|9}5~`Ti;C>FMd>dI0}_|9}5+g?sm2{nx*B?7aZM7Nh}e0RMmgfBwJp"
            "^z`)f^z`)f^z`y@0snvhfB%1P@89p=@89p=@89p=@89gS0sq+"
        ),
    ],
}
