"""Write what is generated."""

from deploy.render import FOLDER, rendered

for name, text in rendered().items():
    path = FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
