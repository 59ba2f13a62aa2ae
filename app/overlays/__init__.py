"""Pictures with a mask drawn on them; made when somebody asks for one, and kept from then on."""
