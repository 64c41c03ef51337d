namespace Sous.Plugins.Host.Drivers.Schemas;

/// <summary>What a JSON schema objects to.</summary>
/// <param name="Place">Where, as <c>plugins[0].path</c>; empty for the whole document.</param>
/// <param name="Message">What, without a full stop.</param>
internal sealed record SchemaError(string Place, string Message)
{
    public override string ToString() => Place.Length == 0 ? Message : $"{Place}: {Message}";
}
