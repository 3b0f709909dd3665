"""WSGI entry point."""

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
application = get_wsgi_application()

import_module(settings.ROOT_URLCONF)  # all pages, which the first request would load
# All this stays for as long as the process. Looked through for garbage again and again it holds up whoever
# calls at that moment, for a tenth of a second on a slow processor.
gc.collect()
gc.freeze()
