from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedFiles(CompressedManifestStaticFilesStorage):
    """Static files under the names of their contents; what ES modules import from each other is renamed too."""

    support_js_module_import_aggregation = True
