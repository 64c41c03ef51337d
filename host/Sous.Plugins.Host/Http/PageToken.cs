using System.Text;

namespace Sous.Plugins.Host.Http;

/// <summary>A place in a list as it goes out, the <c>next</c> of a page, and comes back as the parameter <see cref="Parameter"/>: it says nothing to whoever holds it.</summary>
internal static class PageToken
{
    public const string Parameter = "after";
    public const int Longest = 4000;

    public static string Of(string place) => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(place));

    /// <param name="read">Null where the text is no place of that list.</param>
    /// <returns>Null where a list is read from its beginning, or where the parameter is no token of ours, which is told with the parameters' errors.</returns>
    public static T? Read<T>(QueryReader parameters, Func<string, T?> read)
        where T : class
    {
        if (parameters.Text(Parameter, Longest) is not { } token)
        {
            return null;
        }

        if (TextOf(token) is { } text && read(text) is { } place)
        {
            return place;
        }

        parameters.Fail(Parameter, $"'{Parameter}' is the 'next' of an answer before.");
        return null;
    }

    private static string? TextOf(string token)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromHexString(token));
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
