using System.Globalization;
using System.Text.Json;
using Sous.Plugins.Simulators.Lightspeed.Rendering;
using Sous.Plugins.Simulators.Lightspeed.Seeding;

namespace Sous.Plugins.Simulators.Lightspeed.Api;

/// <summary>What sales refer to: taxes, ways to pay, accounting groups.</summary>
internal sealed class FinanceEndpoint(IReadOnlyList<Menu> menus)
{
    public static Task TaxRatesAsync(HttpContext context, Place at) => LightspeedAnswer.ObjectAsync(context, json => List(json, "taxRateList", at.Taxes, tax =>
    {
        json.WriteString("code", tax.Code);
        json.WriteString("description", tax.Name);
        json.WriteString("rate", (1 + (tax.Millionths / 1_000_000m)).ToString("0.0#####", CultureInfo.InvariantCulture));
        json.WriteBoolean("taxIncluded", at.TaxIncluded);
    }));

    public static Task PaymentMethodsAsync(HttpContext context, Place at) => Embedded(context, "paymentMethodList", PaymentWay.All, (json, way) =>
    {
        json.WriteString("name", way.Name);
        json.WriteString("code", way.Code);
        json.WriteString("accountingReference", $"{at.Index}{way.Id % 100}");
        json.WriteNumber("pmId", way.Id);
    });

    public Task AccountingGroupsAsync(HttpContext context, Place at)
        => Embedded(context, "accountingGroupList", menus[at.Index].Groups, static (json, group) => json.Group(group));

    private static Task Embedded<T>(HttpContext context, string name, IEnumerable<T> items, Action<Utf8JsonWriter, T> write) => LightspeedAnswer.ObjectAsync(context, json =>
    {
        json.WriteStartObject("_embedded");
        List(json, name, items, item => write(json, item));
        json.WriteEndObject();
    });

    private static void List<T>(Utf8JsonWriter json, string name, IEnumerable<T> items, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStartObject();
            write(item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
