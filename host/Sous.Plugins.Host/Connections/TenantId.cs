namespace Sous.Plugins.Host.Connections;

/// <summary>The customer organisation that owns data, by the platform's own id: <c>^[A-Za-z0-9_-]{1,64}$</c>.</summary>
internal readonly record struct TenantId(string Value)
{
    public static bool TryParse(string? text, out TenantId tenant)
    {
        tenant = new TenantId(text ?? "");
        return text is { Length: >= 1 and <= 64 } && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
    }

    public override string ToString() => Value;
}
