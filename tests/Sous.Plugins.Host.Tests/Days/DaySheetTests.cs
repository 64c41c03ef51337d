using System.Text.Json.Nodes;
using Sous.Plugins.Host.Days;

namespace Sous.Plugins.Host.Tests.Days;

public sealed class DaySheetTests
{
    [Theory]
    [InlineData("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\"")]
    [InlineData("+1", "\"'+1\"")]
    [InlineData("-2+3", "\"'-2+3\"")]
    [InlineData("@SUM(A1)", "\"'@SUM(A1)\"")]
    [InlineData("\t=1", "\"'=1\"")]
    [InlineData("  =1", "\"'  =1\"")]
    [InlineData("＝1", "\"'＝1\"")]
    [InlineData("Café \"Zur Post\", Mitte", "\"Café \"\"Zur Post\"\", Mitte\"")]
    [InlineData("two\r\nlines\u001b[31m", "\"twolines[31m\"")]
    public void A_name_is_quoted_and_never_a_formula(string name, string cell)
    {
        var day = Day();
        day["name"] = name;

        Assert.StartsWith($"\"2026-03-14\",\"con_1\",\"L1\",\"own-1\",{cell},\"USD\",", Line(day), StringComparison.Ordinal);
    }

    [Fact]
    public void Amounts_are_plain_numbers_in_major_units_of_their_currency()
    {
        var day = Day();
        day["net"] = Money(-1234, "USD");
        day["tips"] = Money(5, "USD");

        Assert.Contains(",3,0.00,0.00,-12.34,0.00,0.00,0.00,0.00,0.00,0.05,0.00,0,0,", Line(day), StringComparison.Ordinal);

        foreach (var (_, member) in DaySheet.Figures.Where(static figure => figure.Name is not ("sales" or "payment_count" or "refund_count")))
        {
            day[member] = Money(1234, "JPY");
        }

        Assert.Contains(",3,1234,1234,", Line(day), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_line_has_a_cell_for_each_heading()
    {
        var day = Day();
        day["closedAt"] = "2026-03-15T06:00:00Z";
        var closed = Day();
        (closed["sales"], closed["net"]) = (2, Money(100, "USD"));
        day["asClosed"] = closed;
        day["tieOut"] = JsonNode.Parse("""
            {"source":"payments listed","ties":false,"at":"2026-03-15T06:00:00Z","attempts":3,"actor":"operator",
             "figures":[{"name":"tips","ours":5,"theirs":10,"difference":-5,"ourCurrency":"USD","theirCurrency":"USD","ties":false}]}
            """);

        var lines = DaySheet.Write([day]).Split("\r\n");

        Assert.Equal(3, lines.Length);
        Assert.Equal("", lines[2]);
        Assert.Equal(Cells(lines[0]), Cells(lines[1]));
        Assert.EndsWith(",\"2026-03-15T06:00:00Z\",,\"sales 2, net 1.00 USD\",differs,\"payments listed\",\"2026-03-15T06:00:00Z\",\"tips -0.05 USD\",3,,\"operator\"", lines[1], StringComparison.Ordinal);
    }

    // The cells of these lines hold commas within quotes only.
    private static int Cells(string line)
    {
        var quoted = false;
        return 1 + line.Count(letter =>
        {
            quoted ^= letter == '"';
            return letter == ',' && !quoted;
        });
    }

    private static string Line(JsonObject day) => DaySheet.Write([day]).Split("\r\n")[1];

    private static JsonObject Money(long minor, string currency) => new() { ["minor"] = minor, ["currency"] = currency };

    private static JsonObject Day()
    {
        var day = new JsonObject { ["day"] = "2026-03-14", ["connection"] = "con_1", ["externalLocation"] = "L1", ["location"] = "own-1", ["name"] = "Main", ["sales"] = 3 };
        foreach (var (name, member) in DaySheet.Figures)
        {
            day[member] = name switch { "sales" => 3, "payment_count" or "refund_count" => 0, _ => Money(0, "USD") };
        }

        return day;
    }
}
