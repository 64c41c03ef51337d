namespace Sous.Plugins.Host.Days.Closings;

/// <summary>What is to be done with a day next. Stored by its number.</summary>
internal enum ClosingStep
{
    /// <summary>Nothing, unless a record of the day changes.</summary>
    None = 0,

    /// <summary>It is laid beside the service's totals.</summary>
    TieOut = 1,

    /// <summary>It is synced again, and then tied out.</summary>
    Resync = 2,
}
