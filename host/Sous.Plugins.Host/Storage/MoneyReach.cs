namespace Sous.Plugins.Host.Storage;

/// <summary>How far from a sale's business day, in days, money of it is looked for that has left a day: what lies farther is not counted as a change of that day.</summary>
internal static class MoneyReach
{
    /// <summary>To a deposit before it.</summary>
    public const int Before = 60;

    /// <summary>To a refund after it.</summary>
    public const int After = 400;
}
