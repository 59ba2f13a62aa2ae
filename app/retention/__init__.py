"""What is put aside or deleted by itself, project by project, and after how long."""
