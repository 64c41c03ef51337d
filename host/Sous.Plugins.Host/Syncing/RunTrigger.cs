namespace Sous.Plugins.Host.Syncing;

/// <summary>What starts a run, as it stands in the tables and the API.</summary>
internal static class RunTrigger
{
    public const string Schedule = "schedule";
    public const string Request = "request";
    public const string Connect = "connect";
    public const string Settings = "settings";
    public const string Webhook = "webhook";

    /// <summary>A business day that closes, or does not tie out.</summary>
    public const string Day = "day";

    /// <summary>Business days that were asked for earlier, and are not all done.</summary>
    public const string Backfill = "backfill";
}
