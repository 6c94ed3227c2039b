#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// eˣ.
func exponential(_ x: Double) -> Double { exp(x) }

/// ln x.
func logarithm(_ x: Double) -> Double { log(x) }

/// cos x.
func cosine(_ x: Double) -> Double { cos(x) }
