import TuneKit
