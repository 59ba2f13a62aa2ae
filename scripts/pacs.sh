#!/bin/sh
# Makes sure that the tests find a PACS and the tools that check DICOM: Orthanc with its DICOMweb
# plug-in, DCMTK, GDCM, dicom3tools, libtiff's tools.
set -eu
missing=""
[ -x /usr/sbin/Orthanc ] || command -v Orthanc >/dev/null 2>&1 || missing="$missing orthanc"
[ -e /usr/share/orthanc/plugins/libOrthancDicomWeb.so ] || missing="$missing orthanc-dicomweb"
command -v storescu >/dev/null 2>&1 || missing="$missing dcmtk"
command -v dciodvfy >/dev/null 2>&1 || missing="$missing dicom3tools"
command -v gdcmconv >/dev/null 2>&1 || missing="$missing libgdcm-tools"
command -v tiffcp >/dev/null 2>&1 || missing="$missing libtiff-tools"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing$missing …"
  # Debian starts Orthanc as a service after installation; the tests start their own.
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d.sonoloop
  chmod +x /usr/sbin/policy-rc.d.sonoloop
  [ -e /usr/sbin/policy-rc.d ] || { mv /usr/sbin/policy-rc.d.sonoloop /usr/sbin/policy-rc.d; ours=yes; }
  apt-get update -qq
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
  [ -z "${ours:-}" ] || rm -f /usr/sbin/policy-rc.d
  rm -f /usr/sbin/policy-rc.d.sonoloop
  exit 0
fi
echo "The tests need a PACS and its tools. Install them (Debian: apt install$missing)." >&2
exit 1
