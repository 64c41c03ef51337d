using System.Text.RegularExpressions;

namespace Sous.Plugins.Host.Deliveries.Subscriptions;

/// <summary>What a subscription may want: types, whole families, or all.</summary>
internal static partial class EventFilter
{
    public static readonly IReadOnlyList<string> All = ["*"];

    private const int Most = 50;

    private static readonly string[] s_families = ["connect_session", "connection", "day", "events", "file", "location", "order", "subscription", "sync", "webhooks"];

    /// <summary>What is wrong with it, or null. A family that does not exist is a slip of the pen, and would wait for ever.</summary>
    public static string? FaultOf(IReadOnlyList<string> wanted)
    {
        if (wanted.Count is 0 or > Most)
        {
            return $"'events' has 1 to {Most} entries; leave it out for all.";
        }

        return wanted.Any(static text => text != "*" && !(Shape().IsMatch(text) && s_families.Contains(text.Split('.')[0])))
            ? $"'events' are types, such as order.created, families, such as order.*, or *; the families are {string.Join(", ", s_families)}."
            : null;
    }

    [GeneratedRegex(@"^[a-z_]{1,40}\.(\*|[a-z_]{1,40})\z")]
    private static partial Regex Shape();
}
