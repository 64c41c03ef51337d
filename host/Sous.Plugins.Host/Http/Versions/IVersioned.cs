namespace Sous.Plugins.Host.Http.Versions;

/// <summary>What the API answers of something that can be edited.</summary>
internal interface IVersioned
{
    /// <summary>Another one for each other state of what can be edited. What passes by itself, such as a status, has no part in it.</summary>
    string Version { get; }
}
