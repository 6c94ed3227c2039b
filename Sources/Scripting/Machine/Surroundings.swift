import CLuaShim

/// What the system has for running scripts, and for confining the process that does.
public enum Surroundings {
  /// The release of Lua that this program was built against, as `Lua 5.4.6`.
  public static var luaRelease: String { String(cString: cl_release()) }

  /// The version of the kernel's Landlock interface; 0 where there is none.
  public static var landlockVersion: Int { Int(cl_landlock_version()) }

  /// Whether the kernel takes seccomp filters.
  public static var hasSeccomp: Bool { cl_has_seccomp() }
}
