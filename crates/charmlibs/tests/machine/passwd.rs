//! Tests of `passwd` with the files of a machine.

use std::path::Path;

use charmlibs::passwd::{self, Error, NewGroup, NewUser};

use crate::test_machine;

#[test]
#[ignore = "needs root: it makes a machine"]
fn users_and_groups_are_added_and_removed() {
    if !test_machine::rerun_in_machine("passwd::users_and_groups_are_added_and_removed") {
        return;
    }
    assert!(passwd::add_group("charmlibs-data", &NewGroup::system()).unwrap());
    assert!(!passwd::add_group("charmlibs-data", &NewGroup::system()).unwrap());
    assert!(passwd::add_group("charmlibs-number", &NewGroup::new().gid(4567)).unwrap());
    assert_eq!(passwd::group_exists("4567").unwrap().unwrap().name, "charmlibs-number");
    let error = passwd::add_group("charmlibs-number", &NewGroup::new().gid(4568)).unwrap_err();
    assert_eq!(error.to_string(), "the group charmlibs-number exists, but its number is 4567 and not 4568");
    assert!(passwd::group_exists("charmlibs-data").unwrap().unwrap().gid < 1000);

    let app = NewUser::system().home("/srv/app").uid(789).secondary_groups(&["charmlibs-data"]);
    assert!(passwd::add_user("charmlibs-app", &app).unwrap());
    assert!(!passwd::add_user("charmlibs-app", &app).unwrap());
    let user = passwd::user_exists("charmlibs-app").unwrap().unwrap();
    assert_eq!((user.uid, user.home.as_str(), user.shell.as_str()), (789, "/srv/app", "/usr/sbin/nologin"));
    assert_eq!(passwd::group_exists("charmlibs-app").unwrap().unwrap().gid, user.gid);
    assert_eq!(passwd::group_exists("charmlibs-data").unwrap().unwrap().members, ["charmlibs-app"]);
    assert!(!Path::new("/srv/app").exists());

    let error = passwd::add_user("charmlibs-app", &app.clone().uid(790)).unwrap_err();
    assert_eq!(error.to_string(), "the user charmlibs-app exists, but its number is 789 and not 790");
    let error = passwd::add_user("charmlibs-two", &NewUser::login().uid(789)).unwrap_err();
    assert!(error.to_string().starts_with("failed to add the user charmlibs-two: `useradd --uid 789 "), "{error}");
    assert!(error.to_string().ends_with(" exited with code 4: useradd: UID 789 is not unique"), "{error}");

    // A user whose group already exists, with a password that errors do not show.
    passwd::add_group("charmlibs-human", &NewGroup::new()).unwrap();
    assert!(passwd::add_user("charmlibs-human", &NewUser::login().password_hash("$6$salt$hash")).unwrap());
    assert!(Path::new("/home/charmlibs-human").is_dir());
    assert!(passwd::add_user_to_group("charmlibs-human", "charmlibs-data").unwrap());
    assert!(!passwd::add_user_to_group("charmlibs-human", "charmlibs-data").unwrap());
    assert!(!passwd::add_user_to_group("charmlibs-human", "charmlibs-human").unwrap());
    let taken = NewUser::login().uid(789).password_hash("$6$salt$hash");
    assert!(!passwd::add_user("charmlibs-two", &taken).unwrap_err().to_string().contains("hash"));
    let error = passwd::add_user_to_group("charmlibs-human", "charmlibs-gone").unwrap_err();
    assert_eq!(error.to_string(), "there is no group named 'charmlibs-gone' on this machine");

    let error = passwd::remove_group("charmlibs-human").unwrap_err();
    assert!(matches!(error, Error::Program { .. }), "{error}");
    assert!(passwd::remove_group_of_user("charmlibs-human").unwrap());
    assert!(!passwd::remove_group_of_user("charmlibs-human").unwrap());
    assert!(passwd::remove_user_and_home("charmlibs-human").unwrap());
    assert!(!passwd::remove_user_and_home("charmlibs-human").unwrap());
    assert!(!Path::new("/home/charmlibs-human").exists());
    assert!(passwd::add_user("charmlibs-three", &NewUser::login()).unwrap());
    assert!(passwd::remove_user("charmlibs-three").unwrap());
    assert!(Path::new("/home/charmlibs-three").is_dir());
    assert!(passwd::remove_group("charmlibs-data").unwrap());
    assert!(!passwd::remove_group("charmlibs-data").unwrap());
}

#[test]
fn invalid_names_never_reach_a_program() {
    for name in ["", "-x", "a b", "a:b", "0", "a\nb", "ünder"] {
        let error = passwd::add_user(name, &NewUser::system()).unwrap_err();
        assert_eq!(error.to_string(), format!("'{name}' is not the name of a user"));
        assert!(passwd::remove_group(name).is_err());
    }
}
