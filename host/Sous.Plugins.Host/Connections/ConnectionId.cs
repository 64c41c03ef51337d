namespace Sous.Plugins.Host.Connections;

/// <summary>One connection: <c>con_</c> and 22 letters and digits, drawn at random.</summary>
internal readonly record struct ConnectionId(string Value)
{
    public override string ToString() => Value;
}
