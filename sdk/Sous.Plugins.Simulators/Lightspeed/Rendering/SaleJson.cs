using System.Globalization;
using System.Text.Json;
using Sous.Plugins.Simulators.Lightspeed.Seeding;

namespace Sous.Plugins.Simulators.Lightspeed.Rendering;

/// <summary>Writes a document with its lines and, where they were asked for, its payments.</summary>
internal sealed class SaleJson(LightspeedSimulatorOptions options)
{
    public void Write(Utf8JsonWriter json, DocumentDraft document, IReadOnlySet<string> include)
    {
        json.WriteStartObject();
        Identity(json, document);
        json.WriteStartArray("salesLines");
        document.Lines.ForEach(line => LineJson.Write(json, document, line, options));
        json.WriteEndArray();
        if (include.Contains("payments"))
        {
            json.WriteStartArray("payments");
            document.Payments.ForEach(payment => Payment(json, document, payment));
            json.WriteEndArray();
        }

        json.Time("timeOfOpening", document.Opened);
        json.Time("timeClosed", document.Closed);
        json.WriteBoolean("cancelled", document.Cancelled);
        if (include.Contains("table"))
        {
            json.WriteString("tableNumber", document.Table.ToString(CultureInfo.InvariantCulture));
            json.WriteString("tableName", string.Create(CultureInfo.InvariantCulture, $"Dining room, table {document.Table}"));
        }

        if (include.Contains("staff"))
        {
            json.WriteString("ownerName", document.Owner);
        }

        json.WriteString("type", document.Type);
        json.WriteNumber("nbCovers", (double)document.Covers);
        json.WriteBoolean("dineIn", document.Table % 5 != 0);
        if (document.VoidReason is { } reason)
        {
            json.WriteString("voidReason", reason);
        }

        json.WriteEndObject();
    }

    private static void Identity(Utf8JsonWriter json, DocumentDraft document)
    {
        json.WriteString("accountReference", document.Reference);
        json.WriteString("accountFiscId", document.FiscId);
        json.WriteString("receiptId", $"R{document.FiscId[1..]}");
        if (document.Source is { } source)
        {
            json.WriteStartObject("source");
            json.WriteString("initialAccountId", (source.Source ?? source).FiscId);
            json.WriteString("previousAccountId", source.FiscId);
            json.WriteEndObject();
        }
    }

    private void Payment(Utf8JsonWriter json, DocumentDraft document, PaymentDraft payment)
    {
        var sign = options.RefundsUnsigned && document.Type == "REFUND" ? -1 : 1;
        var amount = payment.Amount + (options.TipInPayment ? payment.Tip : 0) + (options.SurchargeInPayment ? payment.Surcharge : 0) - (options.RoundingInPayment ? 0 : payment.Rounding);
        json.WriteStartObject();
        json.WriteString("code", payment.Way.Code);
        json.WriteString("description", payment.Way.Name);
        json.WriteNumber("paymentMethodId", payment.Way.Id);
        json.Minor("netAmountWithTax", sign * amount);
        json.WriteString("currency", document.At.Business.Currency);
        json.Minor("tip", sign * payment.Tip);
        json.WriteString("type", payment.Way == PaymentWay.House ? "ACCOUNTS_RECEIVABLE" : "NORMAL");
        json.WriteString("fiscId", $"T{document.FiscId[1..]}");
        json.WriteString("uuid", payment.Uuid);
        json.Time("fiscDate", payment.At);
        json.Minor("surcharge", sign * payment.Surcharge);
        json.Minor("roundingAmount", sign * payment.Rounding);
        json.WriteEndObject();
    }
}
