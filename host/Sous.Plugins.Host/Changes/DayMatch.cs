namespace Sous.Plugins.Host.Changes;

/// <summary>What makes a sale one of a business day.</summary>
internal enum DayMatch
{
    /// <summary>It is its own business day.</summary>
    Sold,

    /// <summary>It is its own business day, or that of one of its payments or refunds.</summary>
    Touched,
}
