"""What a person does to many images in one act, and takes back as one."""
