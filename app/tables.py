"""All tables, imported once so that the metadata is complete, for migrations and tests."""

import app.accounts.tables
import app.bulk.tables
import app.bundles.tables
import app.core.audit
import app.deployments.tables
import app.dicom.tables
import app.drift.tables
import app.evaluations.tables
import app.exports.tables
import app.hooks.tables
import app.images.tables
import app.imports.tables
import app.instances.tables
import app.jobs.tables
import app.label_sets.tables
import app.local_labels.tables
import app.masks.tables
import app.model_versions.tables
import app.pins.tables
import app.pool.tables
import app.preferences.tables
import app.projects.tables
import app.promotions.tables
import app.redaction.tables
import app.reviews.tables
import app.sealed_references.tables
import app.sending.tables
import app.shadows.tables
import app.site.tables
import app.site_settings.tables
import app.status.tables
import app.training.tables
import app.uploads.tables  # noqa: F401
from app.core.database import Base

metadata = Base.metadata
