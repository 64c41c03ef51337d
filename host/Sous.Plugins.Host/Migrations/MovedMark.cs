using System.Globalization;

namespace Sous.Plugins.Host.Migrations;

/// <summary>Says of stores that they were moved: they stay as they were, for who needs them, and no host begins to work on them.</summary>
/// <param name="Feed">The name of the feeds since then, by which the new place is known.</param>
/// <param name="To">The new place, for sentences.</param>
internal sealed record MovedMark(string Feed, string To, DateTimeOffset At)
{
    /// <param name="where">What was moved.</param>
    public string Explain(string where) => string.Create(CultureInfo.InvariantCulture, $"What {where} holds was moved to {To} on {At:yyyy-MM-dd HH:mm} UTC, and is out of date.");
}
