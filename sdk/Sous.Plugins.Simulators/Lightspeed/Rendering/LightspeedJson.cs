using System.Globalization;
using System.Text.Json;
using Sous.Plugins.Simulators.Lightspeed.Seeding;

namespace Sous.Plugins.Simulators.Lightspeed.Rendering;

/// <summary>Values as K-Series writes them: amounts are texts, six decimals on lines and two on payments.</summary>
internal static class LightspeedJson
{
    public static void Millionths(this Utf8JsonWriter json, string name, long amount)
        => json.WriteString(name, (amount / 1_000_000m).ToString("F6", CultureInfo.InvariantCulture));

    public static void Minor(this Utf8JsonWriter json, string name, long amount)
        => json.WriteString(name, (amount / 100m).ToString("F2", CultureInfo.InvariantCulture));

    public static void Time(this Utf8JsonWriter json, string name, DateTimeOffset at)
        => json.WriteString(name, at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));

    public static void Group(this Utf8JsonWriter json, AccountingGroup group)
    {
        json.WriteNumber("accountingGroupId", group.Id);
        json.WriteString("name", group.Name);
        json.WriteString("statisticGroup", group.Statistics);
        json.WriteString("code", group.Code);
    }
}
