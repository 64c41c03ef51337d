using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Host.Drivers.Generations;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Drivers;

/// <summary>A driver as the API shows it.</summary>
internal sealed record DriverView(DriverId Id, string? Name, string? Version, string Path, DriverState State, string? Reason, string? Remedy, string? Sha256)
{
    private const int MostRetired = 10;

    /// <summary>Which loaded copy serves.</summary>
    public int? Generation { get; init; }

    /// <summary>Every copy that was loaded since the host started, the newest first.</summary>
    public IReadOnlyList<GenerationView> Generations { get; init; } = [];

    /// <summary>Whether so many old generations lie in memory that the host should be restarted when convenient.</summary>
    public bool RestartAdvised => Generations.Count(static one => one.RetiredAt is not null) >= MostRetired;

    /// <summary>Every capability of the contract, and whether this driver has it; null while it is not loaded.</summary>
    public IReadOnlyDictionary<DriverCapability, bool>? Capabilities { get; init; }

    /// <summary>What the service has and lacks, in its manifest's words.</summary>
    public IReadOnlyDictionary<string, string>? Coverage { get; init; }

    /// <summary>What the conformance suite found of it, as its author measured; null where no card that can be read lies beside it.</summary>
    public DriverCard? Conformance { get; init; }

    /// <summary>A newer version of it that lies in the plugins folder without an entry; null where none does.</summary>
    public NewerPlugin? Newer { get; init; }

    /// <summary>The package that it came from, as its installation noted, else as its assembly is named.</summary>
    public string? Package { get; init; }

    /// <summary>How its webhooks come here; for the operator alone, and null where it takes none.</summary>
    public DriverWebhookView? Webhook { get; init; }

    /// <summary>How much of what its service allows is used; for the operator alone, and null until the service was called.</summary>
    public BudgetView? Budget { get; init; }

    /// <summary>What the serving copy did that no driver may, the latest first, with stacks; for the operator alone.</summary>
    public IReadOnlyList<Defect>? Defects { get; init; }

    /// <summary>The whole manifest.</summary>
    public DriverManifest? Manifest { get; init; }

    public static DriverView Of(DriverRow row) => new(row.Id, row.Manifest?.Name, row.Version, row.Path, row.State, row.Reason, row.Remedy, row.Sha256)
    {
        Generation = row.Generation,
        Generations = [.. row.Generations.Select(GenerationView.Of)],
        Capabilities = row.Capabilities is { } has ? Enum.GetValues<DriverCapability>().ToDictionary(c => c, has.Contains) : null,
        Coverage = row.Manifest?.Coverage,
        Conformance = row.Conformance,
        Newer = row.Newer,
        Package = row.Package,
        Manifest = row.Manifest,
    };
}
