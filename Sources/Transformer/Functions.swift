#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// base ^ exponent.
func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
