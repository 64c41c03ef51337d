namespace Sous.Plugins.Benchmarks.Backfill;

/// <summary>What one way took for all orders of one round.</summary>
/// <param name="Elapsed">By the clock.</param>
/// <param name="Processor">Of this process on all cores; the simulator, a process of its own, is not in it.</param>
internal readonly record struct Measure(TimeSpan Elapsed, TimeSpan Processor);
