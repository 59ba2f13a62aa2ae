"""DICOM objects of results: segmentation, structured report, secondary capture, presentation state.

Made of arrays and of what is known of the source instance; its pixels are not needed. Imported
where an object is written and not before: highdicom takes 20 MiB and half a second.
"""

import logging
import warnings

# highdicom and pydicom log and warn with values that they are given, names and UIDs among them.
for _name in ("highdicom", "pydicom"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)
warnings.filterwarnings("ignore", module=r"(highdicom|pydicom|worker\.dicom)(\.|$)")
