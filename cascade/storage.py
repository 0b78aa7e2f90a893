from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedFiles(CompressedManifestStaticFilesStorage):
    """Static files under the names of their contents; what ES modules import from each other is renamed too."""

    support_js_module_import_aggregation = True
    max_post_process_passes = 20  # one for each module that imports one that imports another
