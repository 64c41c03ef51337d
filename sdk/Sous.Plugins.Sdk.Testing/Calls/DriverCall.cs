namespace Sous.Plugins.Sdk.Testing.Calls;

/// <summary>Calls a driver and hands over what it gives.</summary>
internal delegate IAsyncEnumerable<PageView> CallRun(IDriver driver, Checkpoint? from, CancellationToken cancellationToken);

/// <summary>One thing that a host asks of a driver.</summary>
/// <param name="Name">What it is called in findings.</param>
/// <param name="Kind">What it gives.</param>
/// <param name="Run">Does it.</param>
internal sealed record DriverCall(string Name, CallKind Kind, CallRun Run)
{
    /// <summary>The stream of the manifest whose limits its pages keep, or null.</summary>
    public string? Stream { get; init; }

    /// <summary>The call whose records it gives too, by another way, or null.</summary>
    public string? PartOf { get; init; }

    /// <summary>The same with pages of another size, or null where it has none.</summary>
    public Func<int, DriverCall>? Resized { get; init; }
}
