using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Egress;

namespace Sous.Plugins.Host.Syncing.Helping;

/// <summary>What a run depends on beside the database, and what may differ from host to host: one that differs carries out no runs of the driver.</summary>
/// <param name="Build">The hash of the driver's folder.</param>
/// <param name="Settings">Of its entry in plugins.json.</param>
/// <param name="Api">Where its calls go.</param>
/// <param name="Limits">What a run may take, and what it may delete.</param>
internal sealed record RunTerms(string Build, string? Settings, Uri Api, string Limits)
{
    /// <exception cref="Sdk.DriverException">The address that the operator set is none.</exception>
    public static RunTerms Of(LoadedDriver driver, DriverHttp http, SyncingOptions options) => new(
        driver.Sha256,
        driver.Settings?.GetRawText(),
        http.GetApiAddress(driver),
        FormattableString.Invariant($"{options.RunTimeout} {options.PageTimeout} {options.StopGrace} {options.AfterClosing} {options.MaxDeletedPercent} {options.HeldDeletesFrom}"));
}
