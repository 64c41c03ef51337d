using Xunit.v3;

// Most of them wait for what the host does in the background: two at a time, as many as there are processors, left these idle.
[assembly: Parallelization(MaxThreads = 4)]

namespace Sous.Plugins.Host.Tests;

/// <summary>Tests that measure what all tests of the process share, as the heap and what meters tell: they run when no other does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
