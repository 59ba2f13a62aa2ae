"""DICOM objects of results: segmentation, structured report, secondary capture, presentation state.

Made from arrays and known attributes of the source instance; its pixels are not needed. Imported
only when an object is written: highdicom takes 20 MiB and half a second.
"""

import logging
import warnings

# highdicom and pydicom put values that they get into logs and warnings, including names and UIDs.
for _name in ("highdicom", "pydicom"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)
warnings.filterwarnings("ignore", module=r"(highdicom|pydicom|worker\.dicom)(\.|$)")
