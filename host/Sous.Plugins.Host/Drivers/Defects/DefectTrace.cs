using System.Text;

namespace Sous.Plugins.Host.Drivers.Defects;

/// <summary>Exceptions as text that may be kept: types and stacks, never their own words, which may hold the service's data.</summary>
internal static class DefectTrace
{
    private const int Longest = 8_000;
    private const int Deepest = 4;

    public static string Of(Exception exception)
    {
        var text = new StringBuilder();
        Append(text, exception, 0);
        return text.Length > Longest ? text.ToString(0, Longest) + "…" : text.ToString();
    }

    private static void Append(StringBuilder text, Exception exception, int depth)
    {
        text.Append(exception.GetType().FullName).AppendLine().Append(exception.StackTrace);
        IEnumerable<Exception> causes = exception is AggregateException several ? several.InnerExceptions : exception.InnerException is { } inner ? [inner] : [];
        foreach (var cause in depth < Deepest ? causes : [])
        {
            text.AppendLine().Append("caused by ");
            Append(text, cause, depth + 1);
        }
    }
}
