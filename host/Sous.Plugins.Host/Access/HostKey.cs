using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Access;

/// <summary>The key of this start, for the CLI on this machine: it stands in data/host.json and dies with the process.</summary>
internal sealed class HostKey
{
    public HostKey()
    {
        (Id, var text) = KeyText.Make();
        Text = new Secret(text);
        Hash = KeyText.Hash(text);
    }

    public string Id { get; }

    public string Hash { get; }

    public Secret Text { get; }
}
