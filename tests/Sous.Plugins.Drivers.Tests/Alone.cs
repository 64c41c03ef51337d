namespace Sous.Plugins.Drivers.Tests;

/// <summary>Tests that measure the heap, which all tests of the process share: they run when no other does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
