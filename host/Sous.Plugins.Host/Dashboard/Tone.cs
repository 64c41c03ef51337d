namespace Sous.Plugins.Host.Dashboard;

/// <summary>How a thing is coloured; the words beside it say the same.</summary>
internal enum Tone
{
    Plain,
    Good,
    Warn,
    Bad,
}
