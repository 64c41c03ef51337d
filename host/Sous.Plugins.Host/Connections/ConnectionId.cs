namespace Sous.Plugins.Host.Connections;

/// <summary>One connection: <c>con_</c> and 22 letters and digits, drawn at random.</summary>
internal readonly record struct ConnectionId(string Value)
{
    public static ConnectionId New() => new(RandomText.Id("con_"));

    /// <summary>For routes: any text is taken, since one of the wrong form is as absent as an unknown one.</summary>
    public static bool TryParse(string? text, out ConnectionId id)
    {
        id = new ConnectionId(text ?? "");
        return true;
    }

    public override string ToString() => Value;
}
