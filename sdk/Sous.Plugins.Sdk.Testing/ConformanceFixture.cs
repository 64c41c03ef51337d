namespace Sous.Plugins.Sdk.Testing;

/// <summary>Keeps one <see cref="ConformanceSuite"/> over all tests of a class. xUnit makes it; nothing of it is for authors.</summary>
public sealed class ConformanceFixture : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private ConformanceSuite? _suite;

    /// <summary>The class's suite; the first test makes it.</summary>
    internal ConformanceSuite Get(Func<ConformanceSuite> make)
    {
        lock (_gate)
        {
            return _suite ??= make();
        }
    }

    /// <summary>Ends the suite and its service.</summary>
    public ValueTask DisposeAsync() => _suite?.DisposeAsync() ?? ValueTask.CompletedTask;
}
