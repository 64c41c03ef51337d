using System.Text.Json.Serialization;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Drivers.Defects;

/// <summary>A driver that was stopped after defects, with what they were. It ends by hand, or with other bytes.</summary>
/// <param name="Build">What is stopped.</param>
/// <param name="Since">When it was.</param>
/// <param name="Reason">One plain sentence.</param>
/// <param name="Defects">Those that led to it, the latest first.</param>
internal sealed record Quarantine(DriverBuild Build, DateTimeOffset Since, string Reason, IReadOnlyList<Defect> Defects)
{
    public static readonly RegistryCollection<Quarantine> Collection =
        new("quarantines", static quarantine => KeyOf(quarantine.Build), DefectsJson.Default.Quarantine);

    /// <summary>What to do about one.</summary>
    [JsonIgnore]
    public string Remedy => $"Install another version of it, or let this one serve again: `plugins release {Build.Driver}`. Its author needs the stacks that GET /api/v1/drivers/{Build.Driver} shows.";

    /// <summary>What whoever wanted something of the driver is told.</summary>
    [JsonIgnore]
    public string Refusal => $"The driver {Build.Driver} is quarantined after repeated defects: nothing is asked of it until an operator installs another version or releases it.";

    public static string KeyOf(DriverBuild build) => $"{build.Driver}/{build.Sha256}";
}
