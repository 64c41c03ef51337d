using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;

namespace Sous.Plugins.Host.Http;

/// <summary>Markup. Text gets into it only through the holes of an interpolated string, which encode it.</summary>
internal readonly record struct Html(string Markup)
{
    public static Html Of(Handler markup) => new(markup.ToString());

    public static Html Concat(IEnumerable<Html> parts) => new(string.Concat(parts.Select(static part => part.Markup)));

    public override string ToString() => Markup;

    [InterpolatedStringHandler]
    internal readonly struct Handler(int literalLength, int formattedCount)
    {
        private readonly StringBuilder _text = new(literalLength + (16 * formattedCount));

        public void AppendLiteral(string markup) => _text.Append(markup);

        public void AppendFormatted(string? text) => _text.Append(HtmlEncoder.Default.Encode(text ?? ""));

        /// <summary>Digits alone, whatever the language of the machine: for addresses and attributes too.</summary>
        public void AppendFormatted(long number) => _text.Append(CultureInfo.InvariantCulture, $"{number}");

        public void AppendFormatted(Html markup) => _text.Append(markup.Markup);

        public override string ToString() => _text.ToString();
    }
}
