using System.Globalization;

namespace Sous.Plugins.Host.Cli.Demo;

/// <summary>Something that happened at a service, and how soon it was in the feed by the service's own push.</summary>
/// <param name="What">A sentence's beginning.</param>
/// <param name="After">Null where it did not come.</param>
internal sealed record DemoPush(string Service, string What, TimeSpan? After)
{
    public override string ToString() => After is { } time
        ? string.Create(CultureInfo.InvariantCulture, $"✓ {What} was in the feed {time.TotalSeconds:0.00} s later.")
        : $"✗ {What} did not come into the feed.";
}
