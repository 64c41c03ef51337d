using System.Globalization;
using System.Text.Json;

namespace Sous.Plugins.Simulators.Toast.Rendering;

/// <summary>The shapes that all of Toast's objects share.</summary>
internal static class ToastJson
{
    /// <summary>An amount in major units, a JSON number. All of Toast's currencies have two decimals.</summary>
    public static void Amount(this Utf8JsonWriter json, string name, long minor) => json.WriteNumber(name, minor / 100m);

    /// <summary>The time as Toast writes it: an offset without a colon.</summary>
    public static void Time(this Utf8JsonWriter json, string name, DateTimeOffset? at)
    {
        if (at is { } time)
        {
            json.WriteString(name, Text(time));
        }
    }

    /// <summary>Whether it was deleted, and when: the beginning of 1970 where it was not.</summary>
    public static void Deletion(this Utf8JsonWriter json, DateTimeOffset? at)
    {
        json.WriteBoolean("deleted", at is not null);
        json.Time("deletedDate", at ?? DateTimeOffset.UnixEpoch);
    }

    /// <summary>Whether it was voided, and when, and on which business day.</summary>
    public static void Voidance(this Utf8JsonWriter json, DateTimeOffset? at, Func<DateTimeOffset, int> dayOf)
    {
        json.WriteBoolean("voided", at is not null);
        if (at is { } time)
        {
            json.Time("voidDate", time);
            json.WriteNumber("voidBusinessDate", dayOf(time));
        }
    }

    public static void Reference(this Utf8JsonWriter json, string name, string type, string? guid)
    {
        if (guid is not null)
        {
            json.WriteStartObject(name);
            Identity(json, type, guid);
            json.WriteEndObject();
        }
    }

    public static void Identity(this Utf8JsonWriter json, string type, string guid)
    {
        json.WriteString("guid", guid);
        json.WriteString("entityType", type);
    }

    public static string Text(DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'+0000'", CultureInfo.InvariantCulture);
}
