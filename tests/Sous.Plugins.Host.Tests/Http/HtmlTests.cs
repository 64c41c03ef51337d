using System.Globalization;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Tests.Http;

/// <summary>What gets into markup through the holes of a string.</summary>
public sealed class HtmlTests
{
    [Fact]
    public void A_number_is_digits_whatever_the_language_of_the_machine()
    {
        var before = CultureInfo.CurrentCulture;
        var odd = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        odd.NumberFormat.NegativeSign = "minus";
        CultureInfo.CurrentCulture = odd;
        try
        {
            Assert.Equal("<p>-1234567 &lt;b&gt;</p>", Html.Of($"<p>{-1234567} {"<b>"}</p>").Markup);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
