import GRDB
import TuneKit
