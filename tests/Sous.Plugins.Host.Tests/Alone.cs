namespace Sous.Plugins.Host.Tests;

/// <summary>Tests that measure what all tests of the process share, as the heap and what meters tell: they run when no other does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
