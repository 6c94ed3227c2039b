#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// eˣ.
func exponential(_ x: Double) -> Double { exp(x) }
