using System.Globalization;

namespace Sous.Plugins.Host.Syncing;

/// <summary>Quiet hours as the API reads and answers them: local times of day, <c>HH:mm</c>.</summary>
internal sealed record QuietHoursView(string? From, string? To)
{
    public static QuietHoursView Of(QuietHours hours) => new(Text(hours.From), Text(hours.To));

    /// <returns>Null where a time cannot be read.</returns>
    public QuietHours? Read() => TryRead(From, out var from) && TryRead(To, out var to) ? new QuietHours(from, to) : null;

    public static bool TryRead(string? text, out TimeOnly time)
        => TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out time);

    public static string Text(TimeOnly time) => time.ToString("HH:mm", CultureInfo.InvariantCulture);
}
