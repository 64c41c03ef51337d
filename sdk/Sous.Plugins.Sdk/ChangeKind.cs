namespace Sous.Plugins.Sdk;

/// <summary>What happened to a record.</summary>
public enum ChangeKind
{
    /// <summary>The record is new or changed: here it is, whole.</summary>
    Upsert,

    /// <summary>The record is gone at the service.</summary>
    Delete,
}
