namespace Sous.Plugins.Host.Drivers.Egress.Budgets;

/// <summary>Whose call goes first where a service limits how many there may be.</summary>
internal enum CallPriority
{
    /// <summary>Somebody waits for the answer.</summary>
    Live,

    /// <summary>A run that fetches what changed.</summary>
    Incremental,

    /// <summary>A run through business days of the past.</summary>
    Backfill,
}
