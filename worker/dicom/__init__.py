"""DICOM objects of results: segmentation, structured report, secondary capture, presentation state.

Made of arrays and of what is known of the source instance; its pixels are not needed. Imported
where an object is written and not before: highdicom takes 20 MiB and half a second.
"""
