namespace Sous.Plugins.Host.Drivers;

/// <summary>Where drivers come from and are kept; the root of the configuration.</summary>
internal sealed class DriversOptions
{
    /// <summary>Path of plugins.json. Default <c>plugins.json</c> in the working folder.</summary>
    public string Plugins { get; set; } = "plugins.json";

    /// <summary>The first address of the host, a listener's or the public one, that is not of this machine alone; null where all are. Found, not configured.</summary>
    public string? Exposed { get; set; }

    /// <summary>The data folder. Default <c>data</c> in the working folder.</summary>
    public string Data { get; set; } = "data";
}
