// Builders and helpers that several test targets share.

import TuneKit
